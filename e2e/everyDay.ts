/**
 * A change waits for the tests that show something which no other does, in both browsers where what a browser does matters. The
 * others carry one of these tags, by where they repeat something: `npm run test:all` runs them all, every day.
 */
export const everyDay = '@every-day';
export const everyDayInFirefox = '@every-day-in-firefox';
export const everyDayInChromium = '@every-day-in-chromium';
