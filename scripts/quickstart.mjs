/**
 * `npm run quickstart`: from a fresh checkout to a job that ran. Installs, builds, and hands over to the demonstration, which needs
 * what was just installed.
 */
import { join } from 'node:path'
import { prepare, root, run } from './prepare.mjs'

await prepare()
const demonstration = join(root, 'scripts', 'demonstration.ts')
process.exit(await run('node', [demonstration, ...process.argv.slice(2)]))
