import { render } from 'preact';
import { readArrival } from './arrival';
import { CallbackPage } from './CallbackPage';

// A page that frames this one could only want to mislead somebody.
const main = window.top === window ? document.querySelector('main') : null;
if (main) render(<CallbackPage arrival={readArrival()} />, main);
