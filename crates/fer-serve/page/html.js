// Elements, without a string of HTML anywhere: what a file is called can then be no markup.

/** The element with this id. */
export const byId = id => document.getElementById(id);

/** A new element: `class`, `on…` (listeners), properties and attributes, then what it holds. */
export function el(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === 'class') node.className = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name in node && !name.includes('-')) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** Shows an element or hides it. */
export const show = (node, isShown) => {
  if (node.hidden === isShown) node.hidden = !isShown;
};

/** Sets a text, if it is another one: a screen reader would read it once more. */
export const say = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};
