// Elements, without a string of HTML anywhere: what a file is called can then be no markup.

/** The element with this id. */
export const byId = id => document.getElementById(id);

/** An element with attributes and, as functions, listeners (`onclick`), and what it holds; `true` is an attribute without a value. */
export function filled(node, given, children) {
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter(child => child !== undefined && child !== null));
  return node;
}

/** A new element; lists among what it holds are taken apart, and what is not there is left out. */
export const el = (tag, given = {}, ...children) => filled(document.createElement(tag), given, children);

/** Shows an element or hides it. */
export const show = (node, isShown) => {
  if (node.hidden === isShown) node.hidden = !isShown;
};

/** Sets a text, if it is another one: a screen reader would read it once more. */
export const say = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};
