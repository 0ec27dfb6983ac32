// The form that asks for the token, before all else that a page shows.

import { el, say, show } from './html.js';

/** What can stand in a header, as the service wants it. */
const VISIBLE = /^[\x21-\x7e]+$/;

/** Asks whenever the service wants a token; the body is `locked` meanwhile. */
export function askFor(service) {
  const value = el('input', { id: 'token-value', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true });
  const problem = el('p', { class: 'problem', role: 'alert', hidden: true });
  const form = el('form', { id: 'token', class: 'token', hidden: true },
    el('label', { for: 'token-value' }, 'This service wants a token. Whoever started it knows it.'),
    el('div', {}, value, el('button', { class: 'primary' }, 'Go on')), problem);
  document.querySelector('main').before(form);
  const refuse = sentence => {
    say(problem, sentence);
    show(problem, sentence !== '');
  };
  const lock = isLocked => {
    show(form, isLocked);
    document.body.classList.toggle('locked', isLocked);
  };
  service.addEventListener('token', ({ detail }) => {
    refuse(detail ? 'That is not the token of this service.' : '');
    lock(true);
    value.focus();
  });
  form.addEventListener('submit', event => {
    event.preventDefault();
    const token = value.value.trim();
    if (!VISIBLE.test(token)) return refuse('A token has letters of ASCII, digits and signs, and no spaces.');
    lock(false);
    service.token = token;
    value.value = '';
  });
}
