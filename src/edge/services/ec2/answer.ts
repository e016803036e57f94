/** Writes answers as EC2 does: in XML, with names of its own for members, and lists of `item`s. */

import { element, escaped } from '../../../ground/xml.ts'
import ec2Schema from '../../generated/ec2.schema.json' with { type: 'json' }
import { ec2Names } from '../../generated/ec2-names.ts'
import { ec2Operations } from '../../generated/operations.ts'
import { ec2Query } from '../../protocols/ec2-query.ts'
import type { Protocol } from '../../protocols/protocol.ts'

const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/'

export const ec2Protocol: Protocol = {
  ...ec2Query,
  writeAnswer(operation, output, requestId) {
    const { output: structure } = ec2Operations[operation as keyof typeof ec2Operations]
    const content = element('requestId', requestId) + contentOf({ $ref: structure }, output)
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n${element(`${operation}Response`, content, namespace)}`
    return { contentType: 'text/xml', body }
  },
}

interface Shape {
  readonly $ref?: string
  readonly items?: Shape
  readonly properties?: Readonly<Record<string, Shape>>
}

const definitions = ec2Schema.definitions as Readonly<Record<string, Shape>>

function contentOf(shape: Shape, value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => element('item', contentOf(shape.items!, each))).join('')
  if (typeof value !== 'object' || value === null) return escaped(String(value))
  const structure = shape.$ref!.slice(shape.$ref!.lastIndexOf('/') + 1)
  return Object.entries(value)
    .map(([member, each]) => {
      if (each === undefined) return ''
      const name = ec2Names[structure]?.[member]?.[1] ?? member.charAt(0).toLowerCase() + member.slice(1)
      return element(name, contentOf(definitions[structure]!.properties![member]!, each))
    })
    .join('')
}
