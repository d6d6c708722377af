// What the first view needs, asked for while the modules that show it are still on their way.

import {begin} from "./ask.js";
import {DEFAULTS, paramsOf} from "./lists_asked.js";

begin("/api/info");
if (location.pathname === "/") begin("/api/lists", paramsOf({...DEFAULTS, ...Object.fromEntries(new URLSearchParams(location.search))}));
