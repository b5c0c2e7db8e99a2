import { escapeHtml } from '../../core/html.ts';
import type { Language } from '../../core/language.ts';
import type { Mail } from './deliver.ts';

/** What a mail says, before it looks like one. Texts are plain; nothing of them is taken for HTML. */
export interface Letter {
  readonly to: string;
  readonly language: Language;
  readonly subject: string;
  /** What stands above our own words. */
  readonly above?: readonly string[];
  readonly paragraphs: readonly string[];
  /** Shown large, to be typed. */
  readonly code?: string;
  readonly button?: { readonly label: string; readonly url: string };
  /** What stands small beneath. */
  readonly small: readonly string[];
}

const paragraph = (text: string, style: string): string => `<p style="${style}">${escapeHtml(text)}</p>`;

/** The letter as plain text and as HTML that loads nothing from elsewhere. */
export const mailOf = ({ to, language, subject, above = [], paragraphs, code, button, small }: Letter): Mail => {
  const [first = '', ...rest] = paragraphs;
  const text = [...above, first, ...(code ? [`    ${code}`] : []), ...(button ? [`${button.label}:\n${button.url}`] : []), ...rest, ...small].join(
    '\n\n',
  );
  const html = [
    ...above.map((line) => paragraph(line, 'margin:0 0 16px;white-space:pre-line')),
    paragraph(first, 'margin:0 0 16px'),
    ...(code ? [paragraph(code, 'margin:0 0 16px;font:600 32px/1.2 ui-monospace,monospace;letter-spacing:6px')] : []),
    ...(button
      ? [
          `<p style="margin:0 0 16px"><a href="${escapeHtml(button.url)}" style="display:inline-block;padding:12px 20px;border-radius:8px;background:#1c1c1a;color:#fff;text-decoration:none">${escapeHtml(button.label)}</a></p>`,
        ]
      : []),
    ...rest.map((line) => paragraph(line, 'margin:0 0 16px')),
    ...small.map((line) => paragraph(line, 'margin:0 0 8px;color:#6b6b66;font-size:14px')),
  ].join('\n');
  return {
    to,
    subject,
    text: `${text}\n`,
    html: `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<body style="margin:0;padding:32px 16px;background:#f6f6f4;color:#1c1c1a;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:440px;margin:0 auto;padding:32px;background:#fff;border-radius:12px">
${html}
</div></body></html>`,
    ...(code ? { code } : {}),
    ...(button ? { link: button.url } : {}),
  };
};
