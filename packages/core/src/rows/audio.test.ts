import { expect, test } from 'vitest';
import { answerAudio } from './audio.ts';

const wav = Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), Buffer.alloc(84, 7)]);

test('sound is what its bytes are, whatever it is called', () => {
  const typeOf = (bytes: Uint8Array) => answerAudio(bytes, undefined).headers['Content-Type'];
  expect(typeOf(wav)).toBe('audio/wav');
  expect(typeOf(Buffer.from('fLaC....'))).toBe('audio/flac');
  expect(typeOf(Buffer.from('OggS....'))).toBe('audio/ogg');
  expect(typeOf(Buffer.from('ID3\x04....'))).toBe('audio/mpeg');
  expect(typeOf(Buffer.from([0xff, 0xfb, 0x90, 0x64]))).toBe('audio/mpeg');
  expect(typeOf(Buffer.from('\0\0\0\x20ftypM4A ', 'latin1'))).toBe('audio/mp4');
});

test.each(['<html><script>alert(1)</script>', '', 'RIFF....AVI '])('what is no sound, as %j, is not sent', (text) => {
  expect(() => answerAudio(Buffer.from(text), undefined)).toThrow('cannot be played');
});

test('a range is answered as such', () => {
  expect(answerAudio(wav, undefined)).toMatchObject({ status: 200, bytes: wav });
  expect(answerAudio(wav, 'bytes=4-7')).toMatchObject({
    status: 206,
    bytes: wav.subarray(4, 8),
    headers: { 'Content-Range': 'bytes 4-7/100' },
  });
  expect(answerAudio(wav, 'bytes=96-')).toMatchObject({ status: 206, bytes: wav.subarray(96) });
  expect(answerAudio(wav, 'bytes=100-')).toMatchObject({ status: 416, bytes: null });
});
