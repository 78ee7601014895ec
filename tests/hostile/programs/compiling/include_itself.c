/* Takes itself in again and again. */
#include __FILE__
