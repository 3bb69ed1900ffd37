import { render } from 'preact';
import { declareLanguage } from '@/lib/ui/declareLanguage';
import { Popup } from './Popup';

declareLanguage();
const main = document.querySelector('main');
if (main) render(<Popup />, main);
