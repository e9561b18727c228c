#include "reconciler/observe/pages_about.hpp"

#include <algorithm>

namespace ingot::observe {

Index pages_about(const Index& index, const AboutImages& names) {
  const auto& pages = index.pages;
  const auto no_image =
      std::find_if(pages.begin(), pages.end(), [](const PageRef& page) { return page.kind != PageKind::images; });
  std::set<std::vector<PageRef>::const_iterator> chosen;
  for (const auto& name : names) {
    auto page = std::partition_point(pages.begin(), no_image, [&](const PageRef& one) { return one.first < name.text(); });
    if (page != pages.begin()) chosen.insert(std::prev(page));  // the last one that begins before the name
    for (; page != no_image && page->first == name.text(); ++page) chosen.insert(page);
  }
  Index about;
  for (const auto& page : chosen) about.pages.push_back(*page);
  about.pages.insert(about.pages.end(), no_image, pages.end());
  return about;
}

}  // namespace ingot::observe
