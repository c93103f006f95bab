import { crashPointsOf, runCrashPoint } from './crash-points.ts';
const hr=()=>Number(process.hrtime.bigint()/1000n)/1000;
const [only, limit='1000', outcome] = process.argv.slice(2);
let points = await crashPointsOf(only ?? 'lone upload');
console.log(points.length, new Set(points.map(p=>p.number)).size);
const c=process.cpuUsage(); const t=hr();
let n=0;
for (const p of points.filter(p=>outcome===undefined||p.outcome===outcome).slice(0,Number(limit))) {
  n++;
  const v = await runCrashPoint(p).catch(e=>[`threw ${e.stack}`]);
  if (v.length) console.log(JSON.stringify(p), v);
}
const u=process.cpuUsage(c);
console.log(n,'runs',(hr()-t).toFixed(),'cpu',(u.user+u.system)/1000, 'rss', process.memoryUsage().rss/1e6);
process.exit()
