/** One condition of a statement: an operator, a key, and the values the policy has for it. */
import { operators, type ValueTest } from './condition-operators.ts'
import type { ConditionValues } from './text-pattern.ts'

export interface Condition {
  /** As the document writes it, for explanations. */
  readonly text: string
  /** In lower case. */
  readonly key: string
  /** In lower case, without the quantifier and `IfExists`. */
  readonly operator: string
  readonly ifExists: boolean
  readonly values: readonly string[]
  readonly holds: (context: ConditionValues) => boolean
}

const operatorForm = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/i

/** Returns a sentence for the document's author if the operator or a value is not known. */
export function parseCondition(
  operatorText: string,
  key: string,
  values: readonly string[],
  variables: boolean,
): Condition | string {
  const [, set, name = '', ifExists] = operatorForm.exec(operatorText) ?? []
  const text = `${operatorText} ${key}`
  const lowerKey = key.toLowerCase()
  if (name.toLowerCase() === 'null')
    return set || ifExists ? `Invalid Condition type : ${operatorText}.` : parseNull(text, lowerKey, values)
  const operator = operators.get(name.toLowerCase())
  if (operator === undefined) return `Invalid Condition type : ${operatorText}.`
  const tests: ValueTest[] = []
  for (const value of values) {
    const test = operator.parse(value, variables)
    if (test === undefined) return `Invalid value ${JSON.stringify(value)} for the condition ${text}.`
    tests.push(test)
  }
  const quantifier = set?.toLowerCase()
  return {
    ...{ text, key: lowerKey, operator: name.toLowerCase(), ifExists: ifExists !== undefined, values },
    holds(context) {
      const requested = context.get(lowerKey) ?? []
      if (requested.length === 0) {
        if (quantifier !== undefined) return quantifier === 'forallvalues' || ifExists !== undefined
        return ifExists !== undefined || operator.negated
      }
      const isMeant = (value: string) => tests.some((test) => test(value, context)) !== operator.negated
      // Without a quantifier a key should have one value. If it has several, a Not operator must hold for
      // all of them.
      const any = quantifier === 'foranyvalue' || (quantifier === undefined && !operator.negated)
      return any ? requested.some(isMeant) : requested.every(isMeant)
    },
  }
}

/** `"true"`: the request has no value for the key. */
function parseNull(text: string, key: string, values: readonly string[]): Condition | string {
  const wanted = values.map((value) => value.toLowerCase())
  const wrong = values.find((_, index) => wanted[index] !== 'true' && wanted[index] !== 'false')
  if (wrong !== undefined) return `Invalid value ${JSON.stringify(wrong)} for the condition ${text}.`
  const parts = { text, key, operator: 'null', ifExists: false, values }
  return { ...parts, holds: (context) => wanted.includes(String((context.get(key) ?? []).length === 0)) }
}
