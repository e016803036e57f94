/** Reads what vitest's JSON reporter wrote. Plain JavaScript, for `verify.mjs`. */
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

/**
 * Returns how many tests passed, and the other tests by name, with their file. A file that failed
 * without a test of its own counts as one failure.
 */
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
