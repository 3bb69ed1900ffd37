import { render } from 'preact';
import { Options } from './Options';

const main = document.querySelector('main');
if (main) render(<Options />, main);
