// The form that asks for the token.

import { byId, say, show } from './html.js';

/** What can stand in a header, as the service wants it. */
const VISIBLE = /^[\x21-\x7e]+$/;

/** Asks whenever the service wants a token. */
export function askFor(service) {
  const problem = sentence => {
    say(byId('token-problem'), sentence);
    show(byId('token-problem'), sentence !== '');
  };
  service.addEventListener('token', ({ detail }) => {
    problem(detail ? 'That is not the token of this service.' : '');
    show(byId('token'), true);
    document.body.classList.add('locked');
    byId('token-value').focus();
  });
  byId('token').addEventListener('submit', event => {
    event.preventDefault();
    const token = byId('token-value').value.trim();
    if (!VISIBLE.test(token)) return problem('A token has letters of ASCII, digits and signs, and no spaces.');
    show(byId('token'), false);
    document.body.classList.remove('locked');
    service.token = token;
    byId('token-value').value = '';
  });
}
