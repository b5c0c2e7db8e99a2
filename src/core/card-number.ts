/** 13 to 19 digits, alone or in groups, that are no part of a longer word. */
const RUN = /(?<![\w/-])\d(?:[ -]?\d){12,18}(?![\w-])/g;

/** The check that every card number passes, and one in ten of all numbers (ISO/IEC 7812-1). */
const passesLuhn = (digits: string): boolean => {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const doubled = Number(digit) * (place % 2 === 0 ? 1 : 2);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
};

/** Whether a text holds what could be a card's number: nothing of that kind is kept here. */
export const holdsCardNumber = (text: string): boolean => [...text.matchAll(RUN)].some(([run]) => passesLuhn(run.replace(/\D/g, '')));
