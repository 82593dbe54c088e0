/** @file Reads a config file's text: a size limit before the read, UTF-8 checked. */
import { UserError } from '../contract/errors.ts';
import { ByteFile } from '../formats/byteFile.ts';
import { largestText } from './parse.ts';

/** Throws `config-too-large`, `invalid-utf8` and what `ByteFile` throws (`file-missing`, `not-a-file`). */
export function readConfigText(path: string): string {
  const file = new ByteFile(path);
  try {
    // a UTF-16 unit of text takes at most three bytes
    if (file.size > 3 * largestText)
      throw new UserError(
        'config-too-large',
        `has ${file.size} bytes; a config has at most ${largestText}.`,
        {
          place: { file: path },
          hint: 'Name the *.adapter.json of the experiment.',
        },
      );
    return new TextDecoder('utf-8', { fatal: true }).decode(file.read(new Uint8Array(file.size), 0));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError('invalid-utf8', 'is not valid UTF-8.', { place: { file: path }, cause: error });
  } finally {
    file.close();
  }
}
