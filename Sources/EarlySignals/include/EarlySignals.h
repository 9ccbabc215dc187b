#pragma once
// Nothing to call: whoever links this has the program's signals blocked before any thread of any library starts.
