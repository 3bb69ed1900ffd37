/**
 * A change waits for every test once, and in both browsers where what a browser does matters. What repeats it, in the other
 * browser or by another way, carries one of these tags: `npm run test:all` runs it, every day.
 */
export const everyDay = '@every-day';
export const everyDayInFirefox = '@every-day-in-firefox';
export const everyDayInChromium = '@every-day-in-chromium';
