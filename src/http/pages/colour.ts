/** Red, green and blue, each 0 to 255. */
type Rgb = readonly [number, number, number];

/** What WCAG 2.2 AA asks of text. */
const TEXT_CONTRAST = 4.5;

const parse = (hex: string): Rgb => [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16)) as unknown as Rgb;

const format = (rgb: Rgb): string => `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

const luminance = (rgb: Rgb): number => {
  const [red, green, blue] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/** The contrast ratio of two colours, 1 to 21, as WCAG defines it. */
export const contrast = (one: string, other: string): number => {
  const [low = 0, high = 0] = [luminance(parse(one)), luminance(parse(other))].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};

const mix = (from: Rgb, to: Rgb, share: number): Rgb => from.map((part, index) => part + ((to[index] as number) - part) * share) as unknown as Rgb;

/** Black or white, whichever is easier to read on this colour: one of them always has a contrast of 4.5. */
export const readableOn = (colour: string): string => (contrast(colour, '#ffffff') >= contrast(colour, '#000000') ? '#ffffff' : '#000000');

/** The colour, moved towards black or white until it can be read on all these grounds. */
export const readableAgainst = (colour: string, grounds: readonly string[], towards: '#000000' | '#ffffff'): string => {
  for (let step = 0; step <= 20; step += 1) {
    const candidate = format(mix(parse(colour), parse(towards), step / 20));
    if (grounds.every((ground) => contrast(candidate, ground) >= TEXT_CONTRAST)) return candidate;
  }
  return towards;
};
