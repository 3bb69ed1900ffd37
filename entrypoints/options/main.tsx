import { render } from 'preact';
import { declareLanguage } from '@/lib/ui/declareLanguage';
import { Options } from './Options';

declareLanguage();
const main = document.querySelector('main');
if (main) render(<Options />, main);
