/** Reads what a vitest run wrote with its JSON reporter. Plain JavaScript, for `verify.mjs`. */
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** How many tests passed; the others by name, with their file. A file that failed without a test of its own is one failure. */
export function readResults(file, root) {
  const results = { passed: 0, failed: [], skipped: [] }
  if (!existsSync(file)) return results
  for (const suite of JSON.parse(readFileSync(file, 'utf8')).testResults) {
    const name = relative(root, suite.name)
    let failedHere = 0
    for (const { status, fullName } of suite.assertionResults) {
      if (status === 'passed') results.passed++
      else if (status === 'failed') {
        failedHere++
        results.failed.push(`${name}: ${fullName}`)
      } else results.skipped.push(`${name}: ${fullName}`)
    }
    if (suite.status === 'failed' && failedHere === 0)
      results.failed.push(`${name}: ${suite.message.split('\n')[0] || 'the file itself failed'}`)
  }
  return results
}
