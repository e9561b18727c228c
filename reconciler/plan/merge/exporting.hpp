// One export of the manifest, in its folder: what is unpacked, where its link points, and what goes (R29).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconciler/plan/desired/arrivals.hpp"
#include "reconciler/plan/desired/export_members.hpp"
#include "reconciler/plan/draft.hpp"
#include "reconciler/plan/merge/export_place.hpp"

namespace ingot::plan {

/// How far an export is in its folder.
enum class ExportProgress {
  complete,  ///< all that it wants is whole there, and so is its link
  coming,    ///< this plan completes it
  told,      ///< the plan says what keeps it from that
  waiting,   ///< nothing of this plan completes it, and nothing is wrong
};

class Exporting {
 public:
  /// Borrows all.
  Exporting(const ExportEntry& entry, const ExportPlace& place, const ExportMembers& members, Arrivals& arrivals,
            const Situation& situation, Draft& draft)
      : entry_(entry), place_(place), members_(members), arrivals_(arrivals), situation_(situation), draft_(draft) {}

  ExportProgress merge();

 private:
  Address address_of(const ImageName& image) const { return exported_address(entry_.name, image); }
  Reason reason(Code code, std::string text) const;
  void block(const Address& address, Verb verb, Code code, std::string text, std::string mend,
             std::optional<ServerName> waits_for = {});
  /// Nothing of the export is done.
  void block_whole(Code code, std::string text, std::string mend, std::optional<ServerName> waits_for = {});
  void hold(const Address& address, Verb verb, Code code, std::string text, std::string mend, std::vector<Reason> because = {});
  void note(Code code, const Address& address, std::string text);

  void tell_unknown();
  void tell_unknown_series(const SeriesName& series);
  std::string mend_of_series(const SeriesName& series, const std::vector<std::string>& names) const;
  void tell_unknown_image(const ImageName& image);
  std::string why_not(const ExportMember& member);
  bool has_other_bits(const ExportMember& member) const;
  void choose(const std::vector<ExportMember>& members);
  void keep_what_left(const std::vector<ExportMember>& members);
  bool wants(const ImageName& image) const;

  std::string differences_to(const state::ExportedRow& row) const;
  bool leaves_alone(const ExportMember& member, const std::string& differences);
  void put(const ExportMember& member);
  std::string older_than(const ExportMember& member) const;

  std::string old_link() const;
  bool is_recorded(const ImageName& shown) const;
  const ExportMember* to_show(const std::optional<ImageName>& shown);
  void move_link();
  void move_link_to(const ExportMember& target, const std::optional<ImageName>& shown);
  void add_switch(SwitchLink action, Code code, std::string text, const ExportMember* target);
  void tell_none_left(const std::optional<ImageName>& shown);

  std::string why_it_stays() const;
  Reason why_it_goes(const ImageName& image) const;
  void rotate();
  void keep_without_successor(const std::vector<const state::ExportedRow*>& going);
  ExportProgress progress() const;

  const ExportEntry& entry_;
  const ExportPlace& place_;
  const ExportMembers& members_;
  Arrivals& arrivals_;
  const Situation& situation_;
  Draft& draft_;
  std::set<ImageName> all_;                     ///< of the export, as they will be when this plan is done
  std::vector<const ExportMember*> wanted_;     ///< newest first
  std::vector<const ExportMember*> withdrawn_;  ///< as new as those
  std::set<ImageName> kept_;                    ///< withdrawn ones, and such as left the series, whose folders stay
  std::set<ImageName> reused_;                  ///< names that other images had when they were exported
  std::set<ImageName> held_;                    ///< what somebody changed, and the plan holds
  std::vector<Note> left_alone_;                ///< what somebody changed, unless it is held in the end
  bool link_is_done_ = false;                   ///< it is as it shall be
  bool is_told_ = false;                        ///< an entry of the plan says what is wrong
};

}  // namespace ingot::plan
