import { render } from 'preact';
import { declareLanguage } from '@/lib/ui/declareLanguage';
import { Welcome } from './Welcome';

declareLanguage();
const main = document.querySelector('main');
if (main) render(<Welcome />, main);
