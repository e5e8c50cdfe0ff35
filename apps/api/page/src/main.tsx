import { render } from 'preact';
import { Api } from './api/api.js';
import { App } from './app.js';

const root = document.getElementById('page');
if (root === null) throw new Error('index.html has no element for the page');
render(<App api={new Api(document.baseURI)} />, root);
