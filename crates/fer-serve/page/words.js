// What is said of numbers.

/** A face whose highest probability is below it could well be another one. */
const SURE = 0.5;

/** `92 %`; what is not quite all or nothing is not rounded to it. */
export function percent(share) {
  const hundredths = Math.round(100 * share);
  if (hundredths === 100 && share < 0.9995) return '99 %';
  if (hundredths === 0 && share > 0.0005) return '< 1 %';
  return `${hundredths} %`;
}

/** The classes of a face, the most probable first: pairs of name and probability. */
export const ranked = probabilities => Object.entries(probabilities).sort(([, a], [, b]) => b - a);

/** What a face is called: `happy`, or `sad or fear?` where the network is in doubt. */
export function verdict(probabilities) {
  const [[first, share], second] = ranked(probabilities);
  return share >= SURE || !second ? first : `${first} or ${second[0]}?`;
}

/** What a face is called, with its probability; one in doubt has those of both. */
export function told(probabilities) {
  const [first, second] = ranked(probabilities);
  if (first[1] >= SURE || !second) return `${first[0]}, ${percent(first[1])}`;
  return `${first[0]} ${percent(first[1])} or ${second[0]} ${percent(second[1])}`;
}

/** `no face`, `1 face`, `2 faces`. */
export const counted = (count, noun) => (count === 0 ? `no ${noun}` : `${count} ${noun}${count === 1 ? '' : 's'}`);

/** A sentence with its first letter large. */
export const sentence = text => text.charAt(0).toUpperCase() + text.slice(1);

/** What the program does not know, in a sentence. */
export const unknown = classes =>
  `It does not know what anybody feels. It guesses which of ${classes} words people would put to a face, and is often wrong, most of all where two bars are nearly as long as each other.`;

/** Where pictures go, in a sentence. */
export function privacy(host) {
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(host);
  // Behind an address of this machine may be a tunnel to another one.
  const where = isHere ? 'on this machine, or at the end of your tunnel' : `at ${host}`;
  return `Pictures go to the program that serves this page, ${where}, and nowhere else. It keeps none of them.`;
}
