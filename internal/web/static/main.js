// What a browser with scripts gets on top. Every page works without.
import { start as swap } from "./swap.js";
import { start as live } from "./live.js";
import { start as keys } from "./keys.js";

document.documentElement.dataset.script = "on";
swap();
live();
keys();
