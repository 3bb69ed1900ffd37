import { render } from 'preact';
import { Welcome } from './Welcome';

const main = document.querySelector('main');
if (main) render(<Welcome />, main);
