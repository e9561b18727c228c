#include "reconciler/store/store.hpp"
