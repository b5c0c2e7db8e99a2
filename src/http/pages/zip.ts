import type { ServerResponse } from 'node:http';

/** Sends a customer's data as a file that no cache keeps. */
export const sendZip = (response: ServerResponse, zip: Uint8Array): void => {
  response.writeHead(200, {
    'content-type': 'application/zip',
    'content-disposition': 'attachment; filename="my-data.zip"',
    'content-length': zip.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(zip);
};
