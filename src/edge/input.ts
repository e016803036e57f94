/** Assembles an operation's input from body, path and query, and checks its shape. */
import { isRefusal, type Refusal, refuse } from '../model/refusal.ts'
import { refuseIllegalTags } from '../model/tags.ts'
import type { OperationShape } from './generated/operations.ts'
import { complainOfInput, type ServiceWithShapes } from './validation.ts'

/** Deeper than any shape of Batch or Logs, shallower than the stack. */
const depthMax = 40

type Members = Record<string, unknown>
type Tags = Readonly<Record<string, string>> | undefined

/** Returns the input, or what is wrong with it. `url` is the target as it was sent. */
export function readInput(
  service: ServiceWithShapes,
  shape: OperationShape,
  body: Buffer | undefined,
  url: string,
): Members | Refusal {
  const input = readJsonObject(body)
  if (isRefusal(input)) return input
  if (shape.labels.length > 0 || shape.method !== 'POST') {
    const complaint = addBoundMembers(input, shape, url)
    if (complaint) return complaint
  }
  return complainOfInput(service, shape.input, input) ?? refuseIllegalTags(input.tags as Tags) ?? input
}

/** Reads a JSON object without its nulls, or says what is wrong with it. No body is an empty object. */
export function readJsonObject(body: Buffer | undefined): Members | Refusal {
  if (body === undefined || body.length === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch {
    return refuse('The request body is not valid JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('The request body is not a JSON object.')
  }
  const wrong = clean(value, depthMax)
  return wrong === undefined ? (value as Members) : refuse(`The request body ${wrong}.`)
}

/**
 * Removes members that are null, which AWS treats as absent. Returns a complaint for a value that
 * is nested too deeply, or has a member that could later be taken for a prototype.
 */
function clean(value: object, depthLeft: number): string | undefined {
  if (depthLeft === 0) return 'is nested too deeply'
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__') return 'has a member or key called __proto__, which openbatch does not take'
    if (member === null && !Array.isArray(value)) delete (value as Members)[name]
    const wrong = typeof member === 'object' && member !== null ? clean(member, depthLeft - 1) : undefined
    if (wrong !== undefined) return wrong
  }
  return undefined
}

/** Adds members from the path (an ARN, encoded or raw) or from the query. */
function addBoundMembers(input: Members, shape: OperationShape, url: string): Refusal | undefined {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  for (const label of shape.labels) {
    // In all of Batch the label is the path's last part, and an ARN contains slashes.
    const prefix = shape.path.slice(0, shape.path.indexOf('{'))
    try {
      input[label] = decodeURIComponent(path.slice(prefix.length))
    } catch {
      return refuse(`The ${label} in the path is not properly percent-encoded.`)
    }
    if (input[label] === '') delete input[label]
  }
  if (mark < 0) return undefined
  const query = new URLSearchParams(url.slice(mark + 1))
  for (const [member, parameter] of Object.entries(shape.query)) {
    const values = query.getAll(parameter)
    if (values.length > 0) input[member] = values
  }
  return undefined
}
