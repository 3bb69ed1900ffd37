import { defineExtensionMessaging, type GetDataType, type GetReturnType } from '@webext-core/messaging';
import type { Runtime } from 'webextension-polyfill';
import { browser } from 'wxt/browser';
import type { Learnt } from './delivery/origin';
import type { Way } from './delivery/way';
import type { Catalogue } from './methods/catalogue';
import type { ServerCheck } from './methods/checkServer';
import type { Target } from './methods/target';
import type { Failure } from './opencode/failure';
import type { FetchCall } from './opencode/fetchAnswer';
import type { Credentials } from './servers/server';
import type { Addition } from './servers/serverStore';
import type { ServerUrl } from './servers/serverUrl';
import type { SignInView } from './sign-in/signIn';
import type { Question } from './sign-in/startSignIn';
import type { UnclaimedView } from './sign-in/unclaimedResponse';

/** Everything that pages and background say to each other. */
interface ProtocolMap {
  /** A captured navigation has become the callback page: its query and fragment. Answers how the sign-in stands that it belongs to. */
  captureResponse(parameters: string): SignInView | undefined;
  /** Answers what a server offers to sign in to, or why it cannot be asked. */
  readCatalogue(server: ServerUrl): Catalogue | Failure;
  /** Answers whether somebody else's sign-in, or anyone's, may be waiting there: another one would end it. */
  isTaken(question: Question): boolean;
  /** Opens the provider in a new tab; answers why not, if the server could not start a sign-in. */
  signInOn(given: { server: ServerUrl; target: Target }): Failure | undefined;
  /** The user says on which server the offered sign-in has started; answers whether it could still be taken. */
  takeOfferedSignIn(server: ServerUrl): boolean;
  /** Answers when the delivery has ended, whoever began it. */
  deliverSignIn(id: string): SignInView | undefined;
  getSignIn(id: string): SignInView | undefined;
  /** The newest first. The user looks at them: failures need no mark any more. */
  getSignIns(): SignInView[];
  /** Answers the callback URL, which holds the code: the user copies it to finish by hand. */
  callbackUrlOf(id: string): string | undefined;
  /** The user has it. */
  handOverSignIn(id: string): void;
  /** From the function in a server's tab, by `fetchAnswer`: the request that it is to make. */
  takeCall(id: string): FetchCall | undefined;
  /** Answers how responses were last seen to get to a server; undefined before its first sign-in. */
  wayTo(server: ServerUrl): Way | undefined;
  /**
   * Answers what a delivery of a ChatGPT sign-in to a server would have to know; undefined where there is no such sign-in. It
   * is found out by requests that carry nothing.
   */
  rehearse(server: ServerUrl): Learnt | Failure | undefined;
  /** Answers undefined when an unclaimed response is gone. */
  describeUnclaimed(id: string): UnclaimedView | undefined;
  /** Answers the id of the sign-in that an unclaimed response has become. */
  claimFor(given: { id: string; server: ServerUrl }): string | undefined;
  forgetUnclaimed(id: string): void;
  /** Background to pages: a sign-in moved. */
  signInChanged(signIn: SignInView): void;

  /** Looks for opencode at a URL that the user allowed, and keeps the server if one can be there. */
  addServer(addition: Addition): ServerCheck;
  checkServer(url: ServerUrl): ServerCheck;
  saveCredentials(given: { url: ServerUrl; credentials: Credentials | undefined }): ServerCheck;
}

type Type = keyof ProtocolMap;

const messaging = defineExtensionMessaging<ProtocolMap>();

/** Rejects when the other side does, or when nobody is there to answer. */
export const { sendMessage } = messaging;

/** Answers the messages of one type, from whoever may ask. @returns how to stop that */
export function onMessage<T extends Type>(
  type: T,
  answer: (
    data: GetDataType<ProtocolMap[T]>,
    sender: Runtime.MessageSender,
  ) => GetReturnType<ProtocolMap[T]> | Promise<GetReturnType<ProtocolMap[T]>>,
): () => void {
  return messaging.onMessage(type, (message) => {
    if (!mayAsk(type, message.sender)) throw new Error(`${type} is only for the extension's own pages`);
    return answer(message.data, message.sender);
  });
}

/** The one message that comes from a function in a web page: whatever that may do, it is told nothing else. */
const FROM_PAGES: Type = 'takeCall';

/** Whether a message is from the extension's own page or background. A function in a tab sends as the page that it is in. */
function mayAsk(type: Type, { id, url = '' }: Runtime.MessageSender): boolean {
  if (id !== browser.runtime.id) return false;
  return type === FROM_PAGES || url.startsWith(`${new URL(browser.runtime.getURL('/')).protocol}//`);
}
