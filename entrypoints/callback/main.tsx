import { render } from 'preact';
import { CallbackPage } from './CallbackPage';
import { readArrival } from './arrival';

// A page that frames this one could only want to mislead somebody.
const main = window.top === window ? document.querySelector('main') : null;
if (main) render(<CallbackPage arrival={readArrival()} />, main);
