// Which images an export is made of: the members of its series, or its one image, as they will be when this plan is done.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "reconciler/plan/draft.hpp"
#include "reconciler/plan/situation.hpp"

namespace ingot::plan {

/// An image that is here, or that this plan brings.
struct ExportMember {
  ImageName name;                       ///< when this plan is done
  std::optional<Digest> digest = {};    ///< nullopt: it is to be added
  std::uint64_t size = 0;               ///< bytes; 0: not known yet
  state::ImageKey key = 0;              ///< grows with each image that comes; 0: this plan brings it
  std::optional<Address> planned = {};  ///< the change that brings it, or that repairs or renames it
  bool withdrawn = false;
  std::string withdrawn_why = {};  ///< may be ""
  std::string unfit = {};          ///< why it cannot be unpacked now, as a clause; "": it can
};

class ExportMembers {
 public:
  /// Borrows both.
  ExportMembers(const Situation& situation, const Draft& draft);

  /// Oldest first. nullopt: there is no such series or image, here or in this plan.
  std::optional<std::vector<ExportMember>> of(const ExportEntry& entry) const;
  /// The image of this name that is here before and after this plan; nullptr: there is none.
  const state::ImageRow* staying(const ImageName& name) const;

 private:
  std::optional<std::vector<ExportMember>> of_series(const SeriesName& name) const;
  std::optional<ExportMember> find(const ImageName& name) const;
  ExportMember member_here(const state::ImageRow& row) const;
  void look_at_changes();

  const Situation& situation_;
  const Draft& draft_;
  std::unordered_map<state::ImageKey, const DraftChange*> updates_;  ///< that rename, withdraw or describe an image
  std::unordered_map<std::string, const state::ImageRow*> renamed_;  ///< by the new name, as it is now
  std::unordered_map<std::string, const DraftChange*> coming_;       ///< copies, by their name here
  std::unordered_set<state::ImageKey> removed_;
  std::set<Address> held_;  ///< copies whose withdrawal a guard holds
};

}  // namespace ingot::plan
