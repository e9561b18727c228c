// Sorting of what mostly is in order already, since catalogs are.
#pragma once

#include <algorithm>
#include <vector>

namespace ingot::plan {

template <class Item, class Before>
void sort_if_needed(std::vector<Item>& items, Before before) {
  if (!std::is_sorted(items.begin(), items.end(), before)) std::sort(items.begin(), items.end(), before);
}

}  // namespace ingot::plan
