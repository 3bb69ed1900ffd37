import { render } from 'preact';
import { declareLanguage } from '@/lib/ui/declareLanguage';
import { readArrival } from './arrival';
import { SignInPage } from './SignInPage';
import { UnclaimedPage } from './UnclaimedPage';

declareLanguage();
// A page that frames this one could only want to mislead somebody.
const main = window.top === window ? document.querySelector('main') : null;
const arrival = readArrival();
if (main)
  render(arrival.kind === 'unclaimed' ? <UnclaimedPage id={arrival.id} /> : <SignInPage arrival={arrival} />, main);
