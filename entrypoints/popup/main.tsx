import { render } from 'preact';
import { Popup } from './Popup';

const main = document.querySelector('main');
if (main) render(<Popup />, main);
