/** `data` as the text that it is sent as. Whoever wants the values reads them out of it. */
export class JsonText {
  constructor(readonly text: string) {}

  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}
