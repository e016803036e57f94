/**
 * The full form: `npm run attack [-- --minutes N] [--heap MIB]`. Prints the calls and answers. Ends
 * with 1 if the server did not withstand it.
 */
import { parseArgs } from 'node:util'
import { attack } from './fill.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, heap: { type: 'string', default: '512' } },
})
const report = await attack({ seconds: Number(values.minutes) * 60, heapMib: Number(values.heap), definitions: 7_199 })
console.log(JSON.stringify(report, undefined, 2))
const broken = Object.values(report.answers).some((counts) => counts.none || counts['500'])
process.exitCode = broken ? 1 : 0
