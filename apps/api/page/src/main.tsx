import { render } from 'preact';
import { Api } from './api/api.js';
import { App } from './app.js';

const root = document.getElementById('page');
if (root === null) throw new Error('index.html has no element for the page');

const api = new Api(document.baseURI);
takeKeyFromAddress();
render(<App api={api} />, root);

/**
 * `npm start` prints an address with the key of that run behind the `#`, which a browser sends to nobody. It
 * does not stay in the address, where it would be copied along.
 */
function takeKeyFromAddress(): void {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key === null) return;
  api.useKey(key);
  history.replaceState(null, '', '#/');
}
