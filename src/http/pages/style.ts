import { ACCOUNT_RULES } from './account/style.ts';
import { readableAgainst, readableOn } from './colour.ts';

export const LIGHT = { ground: '#f7f6f3', card: '#ffffff', ink: '#1b1b19', soft: '#5f5f59', line: '#dcdad4', field: '#8a8881', alarm: '#a3261b' };
export const DARK = { ground: '#141413', card: '#1e1e1c', ink: '#f1f0ec', soft: '#a9a8a1', line: '#34332f', field: '#7d7c75', alarm: '#ff9d91' };

const variables = (colours: typeof LIGHT, accent: string, towards: '#000000' | '#ffffff'): string => {
  const ink = readableAgainst(accent, [colours.ground, colours.card], towards);
  const own = Object.entries(colours).map(([name, value]) => `--${name}:${value}`);
  return [...own, `--accent:${accent}`, `--on-accent:${readableOn(accent)}`, `--accent-ink:${ink}`].join(';');
};

const RULES = `
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;align-items:center;background:var(--ground);color:var(--ink);
  font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;-webkit-font-smoothing:antialiased}
.brand{padding:56px 24px 28px;display:flex;justify-content:center;max-width:100%}
.brand a{color:inherit;text-decoration:none;border-radius:8px}
.brand img{display:block;max-width:220px;max-height:56px}
.brand span{font-size:20px;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
main{width:100%;max-width:432px;padding:40px;background:var(--card);border:1px solid var(--line);border-radius:20px;overflow-wrap:break-word}
h1{margin:0 0 8px;font-size:26px;line-height:1.2;font-weight:650;letter-spacing:-.02em;text-wrap:balance}
h1:focus{outline:none}
h1+form{margin-top:20px}
p{margin:0 0 20px;color:var(--soft)}
p strong,li strong{color:var(--ink);font-weight:600;overflow-wrap:anywhere}
ul{margin:0 0 24px;padding:0;list-style:none;border-top:1px solid var(--line)}
li{padding:12px 0;border-bottom:1px solid var(--line)}
form{margin:0}
form+form,.or+form{margin-top:12px}
label{display:block;margin:0 0 6px;font-size:15px;font-weight:550}
label.next{margin-top:16px}
[hidden]{display:none}
.shown-code{font:600 34px/1.3 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.2em;color:var(--ink);text-align:center;user-select:all}
input{width:100%;height:52px;padding:0 16px;font:inherit;font-size:17px;color:var(--ink);background:var(--card);border:1px solid var(--field);border-radius:12px;
  appearance:none}
input:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid var(--accent-ink);outline-offset:2px}
input[aria-invalid]{border-color:var(--alarm);border-width:2px;padding:0 15px}
input.code{height:64px;font:600 30px/1 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.32em;padding-left:calc(16px + .32em);text-align:center}
.alarm{display:block;margin:8px 0 0;color:var(--alarm);font-size:15px;font-weight:500}
.notice{margin:0 0 20px;padding:12px 16px;border:1px solid var(--line);border-radius:12px;background:var(--ground);color:var(--ink);font-size:15px}
.notice.bad{border-color:var(--alarm);color:var(--alarm);font-weight:500}
button,.button{display:flex;width:100%;min-height:52px;margin:20px 0 0;padding:12px 20px;align-items:center;justify-content:center;font:inherit;font-size:17px;
  font-weight:600;text-align:center;text-decoration:none;color:var(--on-accent);background:var(--accent);border:1px solid var(--accent-ink);border-radius:12px;cursor:pointer}
button:hover,.button:hover{filter:brightness(1.08)}
button:active{filter:brightness(.94)}
button.second,.button.second{margin-top:12px;color:var(--ink);background:transparent;border-color:var(--field)}
.links{display:flex;flex-wrap:wrap;gap:4px 24px;justify-content:space-between;margin:20px 0 0;font-size:15px}
.links a,.links button,footer a{color:var(--accent-ink);text-decoration:underline;text-underline-offset:3px;text-decoration-thickness:1px}
.links a,.links button{display:inline-flex;width:auto;min-height:44px;margin:0;padding:0;align-items:center;background:none;border:0;border-radius:4px;font-size:15px;font-weight:500}
.links form{margin:0}
.or{display:flex;align-items:center;gap:16px;margin:24px 0;color:var(--soft);font-size:14px}
.or::before,.or::after{content:"";flex:1;border-top:1px solid var(--line)}
.small{margin:20px 0;font-size:14px}
.small:last-child{margin-bottom:0}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
footer{display:flex;flex-wrap:wrap;gap:0 24px;justify-content:center;padding:24px;margin-top:auto;font-size:14px}
footer a{display:inline-flex;min-height:44px;align-items:center;color:var(--soft)}
@media(max-width:520px){
  body{background:var(--card)}
  .brand{padding:32px 24px 20px}
  main{padding:16px 24px 32px;border:0;border-radius:0}
}
@media(prefers-contrast:more){:root{--soft:var(--ink);--line:var(--ink)}}
@media(forced-colors:active){button,.button{border:1px solid}}`;

/** The one stylesheet of all pages, in the shop's accent colour, light and dark. */
export const styleOf = (accentColor: string): string =>
  `:root{color-scheme:light dark;${variables(LIGHT, accentColor, '#000000')}}
@media(prefers-color-scheme:dark){:root{${variables(DARK, accentColor, '#ffffff')}}}${RULES}${ACCOUNT_RULES}`;
