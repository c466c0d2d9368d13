import { mount } from 'svelte';
import { openBackend } from './ipc/open';
import App from './shell/App.svelte';
import './styles/base.css';

const root = document.getElementById('app');
if (!root) throw new Error('index.html has no #app');
mount(App, { target: root, props: { backend: await openBackend() } });
