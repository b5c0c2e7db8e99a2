/** The account's pages: a menu beside what it leads to, beneath each other where there is no room. */
export const ACCOUNT_RULES = `
.account .brand{width:100%;max-width:1000px;padding:28px 24px;justify-content:space-between;align-items:center;gap:16px}
.account .brand>:last-child{flex:none;display:inline-flex;min-height:44px;align-items:center;color:var(--accent-ink);font-size:15px;text-decoration:underline;
  text-underline-offset:3px;text-decoration-thickness:1px}
.skip{position:absolute;left:16px;top:-80px;z-index:1;padding:12px 20px;background:var(--card);color:var(--accent-ink);border-radius:12px}
.skip:focus{top:12px}
.columns{width:100%;max-width:1000px;display:grid;grid-template-columns:200px minmax(0,1fr);gap:40px;padding:12px 24px 48px;align-items:start}
.account main{max-width:none;padding:0;background:none;border:0;border-radius:0}
.account main:focus{outline:none}
.account h1{margin:0 0 16px;font-size:30px;overflow-wrap:anywhere}
.account h2{margin:0 0 12px;font-size:18px;line-height:1.3;font-weight:650;letter-spacing:-.01em}
.account h3{margin:0;font-size:16px;font-weight:600}
.account p{margin:0 0 16px}
.menu ul,.account ul.rows,.account ul.cards,.account ul.plain{margin:0;border:0;list-style:none;padding:0}
.menu{position:sticky;top:16px}
.menu li{padding:0;border:0}
.menu a{display:flex;min-height:44px;padding:8px 14px;align-items:center;color:var(--ink);text-decoration:none;border-radius:10px}
.menu a:hover{background:var(--card)}
.menu a[aria-current]{background:var(--card);box-shadow:inset 0 0 0 1px var(--line);color:var(--accent-ink);font-weight:600}
.cards+.button{margin-top:20px}
.card>:last-child{margin-bottom:0}
tbody tr:last-child td{border-bottom:0;padding-bottom:0}
.card>p:has(+.link),.card>p:has(+.actions){margin-bottom:4px}
.card{margin:0 0 20px;padding:24px;background:var(--card);border:1px solid var(--line);border-radius:16px;min-width:0}
.account ul.rows>li{padding:14px 0;border-bottom:1px solid var(--line)}
.account ul.rows>li:first-child{padding-top:0}
.account ul.rows>li:last-child{padding-bottom:0;border-bottom:0}
.account li strong,.account td strong{display:inline-block;overflow-wrap:anywhere}
.row,.line{display:flex;gap:16px;justify-content:space-between;align-items:flex-start;color:inherit;text-decoration:none}
.row>:first-child,.line .what{flex:1;min-width:0}
.account ul.rows>li>a.row{margin:-8px -12px;padding:8px 12px;border-radius:10px}
a.row:hover{background:var(--ground)}
.row .soft,.line .soft,li>.soft,td .soft{display:block}
.soft{color:var(--soft);font-size:15px;font-weight:400;overflow-wrap:anywhere}
.account ul.rows>li>p{margin:0 0 4px}
.account ul.rows>li>p:has(+form),.account ul.rows>li>p:has(+.buttons){margin-bottom:12px}
.buttons{display:flex;flex-wrap:wrap;gap:12px}
.buttons form{margin:0}
.account .small-button.second{margin:0}
.end .link{margin:-10px 0}
.end{flex:none;display:flex;flex-direction:column;gap:4px;align-items:flex-end;text-align:right;max-width:50%}
.badge{display:inline-block;padding:1px 10px;border:1px solid var(--line);border-radius:999px;background:var(--ground);color:var(--ink);font-size:13px;font-weight:500}
.account p.badge{margin:0 0 12px;color:var(--ink)}
.line img,.line .blank{flex:none;width:64px;height:64px;border-radius:10px;border:1px solid var(--line);object-fit:cover;background:var(--ground)}
.account ul.rows>li.line{padding:14px 0}
.account ul.rows>li.line:first-child{padding-top:0}
.what{display:flex;flex-direction:column;align-items:flex-start}
dl{margin:0}
dd{margin:0}
.facts{display:flex;flex-wrap:wrap;gap:8px 40px;margin:0 0 20px}
.facts dt{color:var(--soft);font-size:14px}
.facts dd{font-weight:600}
.totals{margin-top:16px;padding-top:12px;border-top:1px solid var(--line)}
h2+.totals{margin-top:0;padding-top:0;border-top:0}
.totals>div{display:flex;justify-content:space-between;gap:16px;padding:4px 0}
.totals dt{color:var(--soft)}
.totals dd{text-align:right;font-variant-numeric:tabular-nums}
.totals .sum dt,.totals .sum dd{color:var(--ink);font-weight:650;font-size:17px}
address{font-style:normal}
address span{display:block;overflow-wrap:anywhere}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,220px),1fr));gap:0 20px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:20px}
.account ul.cards>li{display:flex;flex-direction:column;align-items:flex-start;margin:0;padding:24px;border:1px solid var(--line)}
.cards .actions{margin-top:auto;padding-top:16px}
.field{margin:0 0 16px}
.hint{display:block;margin:6px 0 0;color:var(--soft);font-size:14px}
textarea{width:100%;padding:12px;font:inherit;font-size:17px;color:var(--ink);background:var(--card);border:1px solid var(--field);border-radius:12px;resize:vertical}
.what .product{min-height:44px;display:inline-flex;align-items:center;color:var(--accent-ink);font-weight:600;overflow-wrap:anywhere}
select{width:100%;height:52px;padding:0 12px;font:inherit;font-size:17px;color:var(--ink);background:var(--card);border:1px solid var(--field);border-radius:12px}
.check{display:flex;gap:12px;align-items:center;min-height:44px;font-weight:400}
.check input{flex:none;width:22px;height:22px;margin:0;padding:0;appearance:auto;accent-color:var(--accent)}
textarea:focus-visible,select:focus-visible,summary:focus-visible,.check input:focus-visible{outline:3px solid var(--accent-ink);outline-offset:2px}
.notice:focus{outline:none}
textarea[aria-invalid],select[aria-invalid]{border-color:var(--alarm);border-width:2px}
.small-button{display:inline-flex;width:auto;min-height:44px;margin:0;padding:8px 20px;font-size:16px}
button.danger{color:var(--alarm);background:transparent;border-color:var(--alarm)}
.account .link{display:inline-flex;width:auto;min-height:44px;margin:0;padding:0;align-items:center;justify-content:flex-start;background:none;border:0;border-radius:4px;
  color:var(--accent-ink);font-size:15px;font-weight:500;text-align:left;text-decoration:underline;text-underline-offset:3px;text-decoration-thickness:1px}
.actions{display:flex;flex-wrap:wrap;gap:0 24px;align-items:flex-start}
.actions form{margin:0}
.apart{margin-top:24px}
.field+.actions,.check+.actions{margin-top:8px;align-items:center}
.ask summary{display:inline-flex;min-height:44px;align-items:center;color:var(--accent-ink);font-size:15px;font-weight:500;cursor:pointer;list-style:none;
  text-decoration:underline;text-underline-offset:3px;text-decoration-thickness:1px;border-radius:4px}
.ask summary::-webkit-details-marker{display:none}
.ask[open]{flex-basis:100%}
.ask>div{padding:4px 0 12px}
.ask p:empty{display:none}
.back{display:inline-flex;min-height:44px;align-items:center;color:var(--accent-ink);font-size:15px;font-weight:500;text-decoration:none}
.back:hover{text-decoration:underline}
.back::before{content:"‹";margin-right:8px;font-size:20px;line-height:1}
.pager{display:flex;gap:12px}
.pager .button{margin:0}
.amount strong{display:block;font-size:28px;line-height:1.25;font-weight:650;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse;font-size:15px}
caption{padding:8px 0;text-align:left;font-weight:600}
th,td{padding:10px 8px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}
th{color:var(--soft);font-size:14px;font-weight:500}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.account ul.plain{padding-left:20px;list-style:disc}
.account ul.plain li{padding:4px 0;border:0}
@media(max-width:760px){
  .columns{display:block;padding:0 20px 40px}
  .account{background:var(--ground)}
  .account .brand{padding:16px 20px}
  .menu{position:static;margin:0 0 24px}
  .menu ul{display:grid;grid-template-columns:repeat(3,auto);gap:4px}
  .menu a{justify-content:center;padding:4px;font-size:14px;text-align:center;line-height:1.25;overflow-wrap:anywhere;hyphens:auto}
  .card,.account ul.cards>li{padding:20px}
  .account h1{font-size:26px}
}
@media(forced-colors:active){.menu a[aria-current]{border:1px solid}}`;
