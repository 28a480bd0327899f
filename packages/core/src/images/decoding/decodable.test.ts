import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { openImage, unusualFormat } from './decodable.ts';

/** A gradient from red to blue, 40 × 20, as ImageMagick 6 writes it. */
const MADE: Record<string, string> = {
  'JPEG 2000':
    'AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAFAAAACgAAw8HAAAAAAAPY29scgEAAAAAABAAAAFbanAyY/9P/1EALwAAAAAAKAAAABQAAAAAAAAAAAAAACgAAAAUAAAAAAAAAAAAAw8BAQ8BAQ8BAf9SAAwAAAABAQQEBAAB/1wAEECAiIiQiIiQiIiQiIiQ/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS4w/5AACgAAAAAA1wAB/5PP/DAYCI4KERAH3/iQWAs4+DMhNeXbZqnU/3jAYAQFYZ6vMSJ6WyV4qoCgH7AoCNjCm5+gH7AoAiCull+AoB+wSAwZ5xQumK4Y36AfsEgLQcYoXTFbRn+AoP9gAkBE/XGdM7AH9PWwpQ46FfP9Pteg/2ACwEhZe50zsAf09bClDjoV+Iwut4JAIHuAoH+BsJfya2JDtgDB4KhohLIS6K7AMJBdY5OLcH+aN6B/gbCYnm1iQ7YAweCoaISyEuiuwDCQX/Iwf5vDJr//2Q==',
  HEIC: 'AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaptZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAAAAACAAAAEGlkYXQAAAAAACgAFAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHOAAEAAAAAAAAASwACAAEAAAAAAAAAAQAAAAAAAAAIAAAAOGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAAAADVaXBycAAAALNpcGNvAAAAc2h2Y0MBA3AAAAAAAAAAAAAe8AD8/fj4AAAPAyAAAQAYQAEMAf//A3AAAAMAkAAAAwAAAwAeugJAIQABACdCAQEDcAAAAwCQAAADAAADAB6gIIEFluqumubAgAAAAwCAAAADAIQiAAEABkQBwXPBiQAAABRpc3BlAAAAAAAAAEAAAABAAAAAFGlzcGUAAAAAAAAAKAAAABQAAAAQcGl4aQAAAAADCAgIAAAAGmlwbWEAAAAAAAAAAgABAoECAAICA4QAAAAaaXJlZgAAAAAAAAAOZGltZwACAAEAAQAAAFNtZGF0AAAARygBrxMhcVTA9So0YX3INMeifmpZya+W/mBL45WZTrANQPcbIlxlEHF/KRkv96t2dBOhSW+DSoDqGbzTYdyJaeoIkHdsKOZe',
  'BMP with run lengths':
    'Qk2IBAAAAAAAADYEAAAoAAAAKAAAABQAAAABAAgAAQAAAFIAAAAAAAAAAAAAAAABAAAAAQAAAAD/AA0A8gAbAOQAKADXADYAyQBDALwAUQCuAF4AoQBrAJQAeQCGAIYAeQCUAGsAoQBeAK4AUQC8AEMAyQA2ANcAKADkABsA8gANAP8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACgTAAAoEgAAKBEAACgQAAAoDwAAKA4AACgNAAAoDAAAKAsAACgKAAAoCQAAKAgAACgHAAAoBgAAKAUAACgEAAAoAwAAKAIAACgBAAAoAAAAAAE=',
};

const options = { limitInputPixels: 1e6, autoOrient: true };

/** Red, green and blue of the pixel at the top, and at the bottom. */
async function colorsOf(image: Uint8Array): Promise<number[][]> {
  const { data, info } = await (await openImage(image, options))
    .removeAlpha()
    .toColorspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([40, 20]);
  return [[...data.subarray(0, 3)], [...data.subarray(data.length - 3)]];
}

describe('images of every kind are opened', () => {
  test.each(Object.entries(MADE))('%s', async (_, base64) => {
    const [top, bottom] = await colorsOf(Buffer.from(base64, 'base64'));
    expect(top?.[0]).toBeGreaterThan(200);
    expect(top?.[2]).toBeLessThan(60);
    expect(bottom?.[0]).toBeLessThan(60);
    expect(bottom?.[2]).toBeGreaterThan(200);
  });

  test('BMP of 24 bits that stands upside down, and PPM', async () => {
    const pixels = Buffer.alloc(40 * 20 * 3).map((_, i) =>
      i < 40 * 10 * 3 ? (i % 3 === 0 ? 255 : 0) : i % 3 === 2 ? 255 : 0,
    );
    expect(await colorsOf(Buffer.concat([Buffer.from('P6\n40 20\n255\n'), pixels]))).toEqual([
      [255, 0, 0],
      [0, 0, 255],
    ]);
    const header = Buffer.alloc(54);
    header.write('BM');
    for (const [at, value] of [
      [2, 54 + pixels.length],
      [10, 54],
      [14, 40],
      [18, 40],
      [22, -20],
    ] as const)
      header.writeInt32LE(value, at);
    header.writeInt16LE(1, 26);
    header.writeInt16LE(24, 28);
    // Blue comes first.
    expect(await colorsOf(Buffer.concat([header, pixels]))).toEqual([
      [0, 0, 255],
      [255, 0, 0],
    ]);
  });

  test('sharp opens 16 bits a channel and CMYK by itself', async () => {
    const deep = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#ff0000' } })
      .toColorspace('rgb16')
      .tiff()
      .toBuffer();
    const cmyk = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#ff0000' } })
      .toColorspace('cmyk')
      .jpeg()
      .toBuffer();
    for (const image of [deep, cmyk]) {
      expect(unusualFormat(image)).toBeNull();
      const [top] = await colorsOf(image);
      expect(top?.[0]).toBeGreaterThan(200);
      expect(top?.[1]).toBeLessThan(60);
    }
  });

  test('what is damaged is an error', async () => {
    await expect(openImage(Buffer.from('BM and nothing else'), options)).rejects.toThrow();
    await expect(openImage(Buffer.from('P6\n99999 99999\n255\n'), options)).rejects.toThrow();
  });
});
