#include "state/state.hpp"
