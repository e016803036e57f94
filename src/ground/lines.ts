/** The lines of a stream of bytes. */
import { StringDecoder } from 'node:string_decoder'

/**
 * Yields each line without its newline, and at the end what follows the last newline, unless that
 * is empty. Of a line longer than `longest` characters only the end is kept, so that a stream
 * without newlines does not fill the memory.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>, longest: number): AsyncGenerator<string> {
  // A character may be spread over two chunks.
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop()!.slice(-longest)
    yield* lines
  }
  rest += decoder.end()
  if (rest !== '') yield rest
}
