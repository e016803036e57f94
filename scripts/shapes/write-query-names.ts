/**
 * Writes the names that EC2's members have in forms and in XML, by structure and member, as far as
 * they differ from the member's own: in a form it begins with a capital, in XML it does not.
 */
import type { Service } from './read-sdk.ts'
import { header } from './write-types.ts'

export function writeQueryNames(service: Service): string {
  const structures = [...service.structures.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const rows = structures.flatMap(({ name, members }) => {
    const named = members.flatMap(({ name: member, inQuery }) => {
      const form = capitalised(member)
      const xml = member.charAt(0).toLowerCase() + member.slice(1)
      const differs = inQuery && (inQuery.form !== form || inQuery.xml !== xml)
      return differs ? [`${member}: ['${inQuery.form}', '${inQuery.xml}']`] : []
    })
    return named.length === 0 ? [] : [`  ${name}: { ${named.join(', ')} },`]
  })
  const table = `export const ${service.name}Names: Readonly<Record<string, Readonly<Record<string, QueryNames>>>> = {`
  return [header, '', type, '', table, ...rows, '}', ''].join('\n')
}

export function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

const type = `/** The name in a form, and the name in XML. */
export type QueryNames = readonly [form: string, xml: string]`
