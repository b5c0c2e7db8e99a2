const mix = (hash: number): number => {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
};

/**
 * A key as a number of 53 bits in decimal: what is kept in its place. Two keys with one hash, which even 20 million keys are unlikely to
 * hold, only put strangers side by side.
 */
export const hashOf = (key: string): string => {
  // FNV-1a over UTF-16 units, twice from different beginnings.
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (let place = 0; place < key.length; place += 1) {
    const unit = key.charCodeAt(place);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ (unit + place), 0x01000193);
  }
  return String((mix(high) & 0x1fffff) * 2 ** 32 + mix(low));
};
