// Headwater's beacon. What it sends, and when: docs/connecting.md
(d=>{let o=OPTIONS,s=d.currentScript,l=location,u=s.src.replace(/\.js([?#].*)?$/,""),
cut=a=>{try{let p=new URL(a||"",l),h=p.origin,i=o.origins.includes(h)||o.inside.includes(p.hostname),q=new URLSearchParams;
if(!/^https?:/.test(h))return
i&&p.searchParams.forEach((v,k)=>o.queries.includes(k)&&q.append(k,v))
return{i,a:h+(i||o.addresses?p.pathname:"/")+(q+""&&"?"+q)}}catch{}},
post=(b,n)=>fetch(u,{method:"POST",body:b,keepalive:true,credentials:"omit",referrerPolicy:"no-referrer",cache:"no-store"}).then(r=>r.ok||r.status!=429&&r.status<500?r.ok:again(b,n),()=>again(b,n)),
again=(b,n)=>n<3?new Promise(f=>setTimeout(()=>f(post(b,n+1)),5e3*(n+1))):false,
send=(kind,f={})=>{let x=s.dataset,q=f.query,p=cut(f.page),account=f.account||x.account
if(!account||!p)return Promise.resolve(false)
return post(JSON.stringify({id:f.id||[...crypto.getRandomValues(new Uint8Array(16))].map(b=>(b+256).toString(16).slice(1)).join(""),kind,at:Date.now(),account,token:f.token||x.token,page:p.a,topic:f.topic||x.topic,whom:f.whom,of:f.of,found:f.found,length:q==null?q:[...q.trim()].length,text:q&&o.texts?q.trim().slice(0,500):void 0}),0)},
fields=e=>{let x=e.dataset,f={id:x.id,query:x.query,whom:x.whom,of:x.of,topic:x.topic,page:x.page||e.href}
if(x.page=="#")f.page=decodeURIComponent(l.hash.slice(1))||"x:"
if(x.results)f.found=+x.results>0
if(x.found)f.found=x.found=="yes"
return f},
tell=e=>send(e.dataset.beacon,fields(e)).then(k=>{e.dataset.sent=k?"yes":"no"}),
press="a,button,input,summary",
wait=(n,f)=>{let t=setInterval(()=>{d.hidden||--n>0||(clearInterval(t),f())},1e3)},
look=()=>{let n=performance.getEntriesByType("navigation")[0]
if(!n||n.type=="navigate")d.querySelectorAll("[data-beacon]").forEach(e=>{let k=e.dataset.beacon
e.matches(press)||(/^(viewed|located)$/.test(k)?wait(o.seconds,()=>tell(e)):/^(searched|tried)$/.test(k)&&tell(e))})}
for(let t of["click","auxclick"])d.addEventListener(t,v=>{let e=v.isTrusted&&v.button<2&&v.target.closest(press),p
if(!e)return
if(e.dataset.beacon)tell(e)
else if("outside"in s.dataset&&e.href&&(p=cut(e.href))&&!p.i)send("explored",{page:e.href})},true)
d.prerendering?d.addEventListener("prerenderingchange",look):d.readyState=="loading"?d.addEventListener("DOMContentLoaded",look):look()
window.headwater=send})(document)
