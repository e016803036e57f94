/** `Ref::name` placeholders in a command; https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html#parameters */

export type Substitution =
  | { readonly kind: 'substituted'; readonly command: readonly string[] }
  | { readonly kind: 'missing'; readonly reference: string }

/** Letters, digits and `_`, with single or several `.` and `-` inside but not at the ends. */
const placeholder = /Ref::([A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)/g

/**
 * Replaces every placeholder, whole elements and inside longer strings alike. Inserted values are
 * not searched again. There is no escape, as in AWS Batch.
 */
export function substituteParameters(
  command: readonly string[],
  parameters: Readonly<Record<string, string>>,
): Substitution {
  // Returns the list itself, so that jobs without placeholders share their definition's.
  if (!command.some((element) => element.includes('Ref::'))) return { kind: 'substituted', command }
  const values = new Map(Object.entries(parameters))
  const missing: string[] = []
  const substituted = command.map((element) => {
    if (!element.includes('Ref::')) return element
    const whole = element.startsWith('Ref::') ? values.get(element.slice('Ref::'.length)) : undefined
    if (whole !== undefined) return whole
    return element.replace(placeholder, (all, name: string) => {
      const known = longestKnown(name, values)
      if (known === undefined) missing.push(name)
      return known === undefined ? all : values.get(known)! + name.slice(known.length)
    })
  })
  return missing.length > 0
    ? { kind: 'missing', reference: missing[0]! }
    : { kind: 'substituted', command: substituted }
}

/** Puts parameters into the commands of one job, and keeps the first reference without a value. */
export interface Substituter {
  into(command: readonly string[]): readonly string[]
  readonly missing: () => string | undefined
}

export function createSubstituter(parameters: Readonly<Record<string, string>>): Substituter {
  let missing: string | undefined
  return {
    into(command) {
      const substitution = substituteParameters(command, parameters)
      if (substitution.kind === 'substituted') return substitution.command
      missing ??= substitution.reference
      return command
    },
    missing: () => missing,
  }
}

/** `Ref::sample.bam` means the parameter `sample.bam`, or else `sample` followed by `.bam`. */
function longestKnown(name: string, values: ReadonlyMap<string, string>): string | undefined {
  if (values.has(name)) return name
  const known = [...values.keys()].filter((key) => name.startsWith(key) && /[.-]/.test(name.charAt(key.length)))
  return known.sort((a, b) => b.length - a.length)[0]
}
