/**
 * The full form: `npm run chaos [-- --driver scripted|docker|process] [--kills N] [--in-flight N]
 * [--seed N] [--keep]`. Prints what was done and what was found. Ends with 1 if there were
 * findings, or if enough kills still missed a point. Needs `npm run build`, and for docker what
 * test/engine needs.
 */
import { parseArgs } from 'node:util'
import { startEngine } from '../engine/engine.ts'
import { type CampaignOptions, type Report, runCampaign } from './campaign.ts'
import { neverDiedAt } from './deaths.ts'
import type { DriverName } from './workload.ts'

const { values } = parseArgs({
  options: {
    driver: { type: 'string', multiple: true, default: ['scripted', 'docker', 'process'] },
    kills: { type: 'string' },
    'in-flight': { type: 'string', default: '200' },
    keep: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})

/**
 * Stopped and away for longer than the jobs' timeouts. The scripted driver uses its server's clock.
 */
const long = { pauseMs: 70_000, absenceMs: 70_000 }
const usual: Record<DriverName, Pick<CampaignOptions, 'kills' | 'vcpus' | 'longestLifeMs' | 'setsClock'>> = {
  scripted: { kills: 50, vcpus: 64, longestLifeMs: 4000 },
  docker: { kills: 50, vcpus: 8, longestLifeMs: 6000, setsClock: true },
  process: { kills: 25, vcpus: 16, longestLifeMs: 4000, setsClock: true },
}

const seed = Number(values.seed)
console.log(`seed ${seed}`)
let violations = 0
for (const driver of values.driver as DriverName[]) {
  const engine = driver === 'docker' ? await startEngine() : undefined
  try {
    const report = await runCampaign({
      ...{
        driver,
        seed,
        ...usual[driver],
        ...long,
        inFlight: Number(values['in-flight']),
        passes: 1,
        withTimeouts: true,
        keep: values.keep,
      },
      ...(values.kills === undefined ? {} : { kills: Number(values.kills) }),
      ...(engine ? { engineSocket: engine.socketPath } : {}),
      say: (line) => console.log(`  ${driver}: ${line}`),
    })
    print(driver, report)
    violations += report.violations.length
    const left = neverDiedAt(driver, report.deaths)
    if (left.length > 0) console.log(`  no server of this run died at: ${left.join(', ')}\n`)
    if (usual[driver].kills <= Number(values.kills ?? usual[driver].kills)) violations += left.length
  } finally {
    await engine?.stop()
  }
}
process.exitCode = violations === 0 ? 0 : 1

function print(driver: string, report: Report): void {
  const { deaths, missed, readyMs } = report
  const sorted = [...readyMs].sort((a, b) => a - b)
  const ready = `${Math.round(sorted[sorted.length >> 1]!)} ms median, ${Math.round(sorted.at(-1)!)} ms at most`
  const rows: [string, unknown][] = [
    ['kills', [...deaths.values()].reduce((sum, count) => sum + count, missed.length)],
    ...[...deaths].sort().map(([point, count]): [string, unknown] => [`  at ${point}`, count]),
    ['  points not passed in time', missed.length === 0 ? 'none' : missed.join(', ')],
    ['jobs and children', report.jobs],
    ['most in flight', report.mostInFlight],
    ...[...report.kinds].sort().map(([kind, count]): [string, unknown] => [`  ${kind}`, count]),
    ['runs evidenced', report.runs],
    ['log lines compared', report.logLines],
    ['calls repeated by the SDK', report.repeatedCalls],
    ['start to ready', ready],
    ['took', `${Math.round(report.seconds)} s`],
    ['violations', report.violations.length],
  ]
  console.log(`\n${driver}`)
  for (const [name, value] of rows) console.log(`  ${name.padEnd(34)} ${value}`)
  for (const { rule, jobId, jobName, what } of report.violations)
    console.log(`  VIOLATION ${rule}: ${jobName} ${jobId}: ${what}`)
  console.log()
}
