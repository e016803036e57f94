/**
 * CloudWatch Logs filter patterns: terms, `{ JSON conditions }` and `[space-delimited fields]`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */

import { limits } from '../model/limits.ts'
import type { Refusal } from '../model/refusal.ts'
import { badFilterPattern, invalidParameter } from './log-refusal.ts'
import { parseFieldsPattern } from './pattern/fields.ts'
import { parseJsonPattern } from './pattern/json.ts'
import type { FilterPattern } from './pattern/pattern.ts'
import { PatternError } from './pattern/pattern-error.ts'
import { parseTermsPattern } from './pattern/terms.ts'

/** The empty pattern matches everything. A malformed pattern is refused. */
export function parseFilterPattern(text: string): FilterPattern | Refusal {
  if (text.length > limits.logFilterPatternLength) return badFilterPattern()
  const trimmed = text.trim()
  if (trimmed.startsWith('{') && !trimmed.endsWith('}')) {
    return invalidParameter("If a filter pattern starts with '{' it must end with '}'")
  }
  try {
    if (trimmed.startsWith('{')) return parseJsonPattern(trimmed)
    if (trimmed.startsWith('[')) return parseFieldsPattern(trimmed)
    return parseTermsPattern(trimmed)
  } catch (error) {
    if (error instanceof PatternError) return error.told ? invalidParameter(error.told) : badFilterPattern()
    throw error
  }
}
