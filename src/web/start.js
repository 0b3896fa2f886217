// What begins the page of a run: the data blocks are read, and the page opens. In a worker: fields, and nothing else.

import { readRun } from './model.js';
import { at } from './panels.js';
import { open, serve } from './main.js';

async function start() {
  try {
    open(await readRun(), 0, null); // performance.now() counts from the moment the page was asked for
  } catch (error) {
    const trouble = at('trouble');
    trouble.hidden = false;
    trouble.textContent = `This page can't be shown here: ${error instanceof Error ? error.message : error}. A browser of 2023 or newer is needed.`;
    console.error(error);
  }
}

if (typeof document === 'undefined') serve();
else start();
